/** Which class draws which kind of element. */

import { BarsView } from "./elements/bars.js";
import { ButtonView } from "./elements/button.js";
import { ChecksView, RadioView, SelectView, SwitchView } from "./elements/choosing.js";
import { FileInputView } from "./elements/file_input.js";
import { GridView } from "./elements/grid.js";
import { CollapsibleView, ColumnsView, ColumnView, PanelView, RowView } from "./elements/layout.js";
import { NumberView } from "./elements/number.js";
import { PlotView } from "./elements/plot.js";
import { TableView } from "./elements/table.js";
import { TextInputView } from "./elements/text_input.js";
import { TokensView } from "./elements/tokens.js";
import { TurnView } from "./elements/turn.js";
import { FactsView, HeadingView, ProgressView, TextView, UnknownView } from "./elements/words.js";

/** @typedef {import("./view.js").View} View */

/** @type {{[kind: string]: new (json: import("./view.js").ElementJson, desk: import("./view.js").Desk) => View}} */
const KINDS = {
  bars: BarsView,
  button: ButtonView,
  checks: ChecksView,
  collapsible: CollapsibleView,
  column: ColumnView,
  columns: ColumnsView,
  facts: FactsView,
  file_input: FileInputView,
  grid: GridView,
  heading: HeadingView,
  number: NumberView,
  panel: PanelView,
  plot: PlotView,
  progress: ProgressView,
  radio: RadioView,
  row: RowView,
  select: SelectView,
  switch: SwitchView,
  table: TableView,
  text: TextView,
  text_input: TextInputView,
  tokens: TokensView,
  turn: TurnView,
};

/** @param {import("./view.js").ElementJson} json @param {import("./view.js").Desk} desk @returns {View} */
export const viewOf = (json, desk) => new (KINDS[json.kind] ?? UnknownView)(json, desk);
