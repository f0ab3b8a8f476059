"""A page of one's own: a table, a bar chart to click, a button. Run: python examples/own_component.py"""

from collections import Counter

from storygen.workbench import Component, Workbench
from storygen.workbench.elements import Bar, Bars, Button, Column, Table, TextInput


class Letters(Component):
    title = "Letters"

    def build(self):
        self.text = TextInput("Text", "the quick brown fox", lines=3)
        self.bars = Bars(on_pick=self.picked)
        self.table = Table(["Word", "Letters"], empty="Click a bar to see its words.")
        return Column(self.text, Button("Count", self.count, tone="primary"), self.bars, self.table)

    def count(self):
        counted = Counter(c for c in self.text.value.lower() if c.isalpha()).most_common(10)
        self.bars.bars = [Bar(letter, letter, (num,)) for letter, num in counted]

    def picked(self, letter):
        words = [word for word in self.text.value.split() if letter in word.lower()]
        self.table.rows = [[word, len(word)] for word in words]


bench = Workbench(pages=[Letters()], title="Letters")
if __name__ == "__main__":
    bench.run()
