"""The few words in which DuckDB and ClickHouse differ."""

from __future__ import annotations

from datetime import UTC, datetime


class DuckWords:
    """As DuckDB has them."""

    leaving_out = "EXCLUDE"
    escape = " ESCAPE '\\'"
    wide = "HUGEINT"
    place = "e.file_row_number"

    def whole(self, number: str, by: int) -> str:
        """How many times `by` goes into a number that is not negative."""
        return f"{number} // {by}"

    def micros(self, moment: str) -> str:
        """Microseconds since 1970."""
        return f"epoch_us({moment})"

    def millis(self, moment: str) -> str:
        """Milliseconds since 1970."""
        return f"epoch_ms({moment})"

    def at(self, moment: datetime) -> str:
        """An instant."""
        return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"

    def pair(self, first: str, second: str) -> str:
        """Two numbers as one."""
        return f"hash({first}, {second})"

    def each(self, array: str) -> str:
        """A row for each member."""
        return f"unnest({array})"

    def holds(self, array: str) -> str:
        """Whether the parameter is a member."""
        return f"coalesce(list_contains({array}, %s), false)"

    def given(self) -> str:
        """A table with one column `r`: rows of texts that stand in the parameter, as JSON."""
        return "(SELECT unnest(from_json(%s, '[[\"VARCHAR\"]]')) AS r)"

    def middle(self, value: str) -> str:
        """The median."""
        return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {value})"


class ClickHouseWords:
    """As ClickHouse has them, with the settings that `apps.analytics.columns.clickhouse` sends along."""

    leaving_out = "EXCEPT"
    escape = ""  # a backslash always does
    wide = "Int128"
    place = ""

    def whole(self, number: str, by: int) -> str:
        """How many times `by` goes into a number that is not negative."""
        return f"intDiv({number}, {by})"

    def micros(self, moment: str) -> str:
        """Microseconds since 1970."""
        return f"toUnixTimestamp64Micro({moment})"

    def millis(self, moment: str) -> str:
        """Milliseconds since 1970."""
        return f"toUnixTimestamp64Milli({moment})"

    def at(self, moment: datetime) -> str:
        """An instant."""
        return f"toDateTime64('{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}', 6, 'UTC')"

    def pair(self, first: str, second: str) -> str:
        """Two numbers as one."""
        return f"sipHash64({first}, {second})"

    def each(self, array: str) -> str:
        """A row for each member."""
        return f"arrayJoin({array})"

    def holds(self, array: str) -> str:
        """Whether the parameter is a member."""
        return f"has({array}, %s)"

    def given(self) -> str:
        """A table with one column `r`: rows of texts that stand in the parameter, as JSON."""
        return "(SELECT arrayJoin(JSONExtract(%s, 'Array(Array(Nullable(String)))')) AS r)"

    def middle(self, value: str) -> str:
        """The median."""
        return f"quantileExactInclusive(0.5)({value})"
