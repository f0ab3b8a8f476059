"""What a page is made of.

The browser draws each by its `kind` and its values, and says what was done with it.
"""

from .charts import Bar, Bars, Grid, Plot, Series
from .element import Element, Shown
from .files import FileInput, Saved
from .inputs import (
    Button,
    Checks,
    Number,
    Option,
    Radio,
    Select,
    Switch,
    TextInput,
)
from .layout import Collapsible, Column, Columns, Container, Panel, Row
from .table import Cell, Table, TableColumn
from .talk import Turn
from .tokens import ShownToken, TokenText
from .words import Facts, Heading, Progress, Text

__all__ = [
    "Bar",
    "Bars",
    "Button",
    "Cell",
    "Checks",
    "Collapsible",
    "Column",
    "Columns",
    "Container",
    "Element",
    "Facts",
    "FileInput",
    "Grid",
    "Heading",
    "Number",
    "Option",
    "Panel",
    "Plot",
    "Progress",
    "Radio",
    "Row",
    "Saved",
    "Select",
    "Series",
    "Shown",
    "ShownToken",
    "Switch",
    "Table",
    "TableColumn",
    "Text",
    "TextInput",
    "TokenText",
    "Turn",
]
