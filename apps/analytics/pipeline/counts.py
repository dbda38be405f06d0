"""The counts of one site on one local day, by what they will be spread over."""

from __future__ import annotations

from apps.analytics.enums import ACQUISITION, PLACE, TECHNOLOGY, Dimension
from apps.analytics.pipeline.clock import Day
from apps.analytics.pipeline.hits import Visit
from apps.analytics.pipeline.sites import SiteInfo

# Places of the measures in every list of counts, in the order of the rollup's columns.
VISITORS, SESSIONS, PAGEVIEWS, EVENTS, BOUNCES, ENGAGED, DURATION, CONVERSIONS, ORDERS, REVENUE = range(10)
NOTHING = [0] * 10
# Plain numbers: a member of an enum costs a look-up each time it is named.
TOTAL, PAGE, EVENT = int(Dimension.TOTAL), int(Dimension.PAGE), int(Dimension.EVENT)
GROUPS = tuple(tuple(int(dimension) for dimension in group) for group in (ACQUISITION, PLACE, TECHNOLOGY))
Row = list[int]
Values = dict[str, Row]
Groups = dict[int, Row]


class DayCounts:
    """Rows by hour, by group of dimensions that go together, and by single value."""

    __slots__ = (
        "acquisitions", "by_dimension", "day", "events", "hours", "pages", "places", "site", "technologies", "words",
    )

    def __init__(self, site: SiteInfo, day: Day) -> None:
        self.site, self.day = site, day
        self.hours: dict[int, Row] = {}
        self.acquisitions: Groups = {}
        self.places: Groups = {}
        self.technologies: Groups = {}
        self.words: dict[int, tuple[str, ...]] = {}
        self.pages: Values = {}
        self.events: Values = {}
        self.by_dimension: dict[int, Values] = {PAGE: self.pages, EVENT: self.events}

    def at(self, dimension: int, value: str) -> Row:
        """The counts of one value."""
        values = self.by_dimension.get(dimension)
        if values is None:
            values = self.by_dimension[dimension] = {}
        found = values.get(value)
        if found is None:
            found = values[value] = NOTHING.copy()
        return found

    def hour(self, start: int) -> Row:
        """The counts of one hour."""
        found = self.hours.get(start)
        if found is None:
            found = self.hours[start] = NOTHING.copy()
        return found

    def groups(self, visit: Visit) -> tuple[Row, Row, Row]:
        """The counts of a visit's origin, place and equipment.

        Groups are told apart by the identity of their words, which is quicker than hashing them each time; should the
        same words come as two objects, the two groups are added up when they are spread.
        """
        if visit.grouped is self:
            return visit.rows
        visit.grouped = self
        visit.rows = rows = (
            self._group(self.acquisitions, visit.acquisition), self._group(self.places, visit.place),
            self._group(self.technologies, visit.tech),
        )
        return rows

    def _group(self, groups: Groups, words: tuple[str, ...]) -> Row:
        key = id(words)
        found = groups.get(key)
        if found is None:
            found = groups[key] = NOTHING.copy()
            self.words[key] = words
        return found

    def spread(self) -> dict[int, Values]:
        """Everything of the day by dimension and value."""
        total = self.at(TOTAL, "")
        for row in self.hours.values():
            for index in range(1, 10):
                total[index] += row[index]
        for dimensions, found in zip(GROUPS, (self.acquisitions, self.places, self.technologies), strict=True):
            for key, row in found.items():
                for dimension, word in zip(dimensions, self.words[key], strict=True):
                    into = self.at(dimension, word)
                    for index, number in enumerate(row):
                        if number:
                            into[index] += number
        return self.by_dimension
