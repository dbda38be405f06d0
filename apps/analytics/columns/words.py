"""The few words in which DuckDB and ClickHouse differ, and PostgreSQL where a condition is written once for all."""

from __future__ import annotations

from datetime import UTC, datetime
from string import ascii_lowercase, ascii_uppercase


def _property(name: str, value: str) -> str:
    return f"{name}\x1f{value}"


class PostgresWords:
    """As PostgreSQL has them."""

    escape = " ESCAPE '\\'"

    def starts(self, text: str) -> str:
        """Whether a text begins with the parameter."""
        return f"starts_with({text}, %s)"

    def small(self, text: str) -> str:
        """A text with A-Z made small and every other letter as it is."""
        return f'lower({text} COLLATE "C")'

    def has_property(self, name: str, value: str) -> tuple[str, list[str]]:
        """Whether the event has a property with this value, and the parameters."""
        return "coalesce(e.props ->> %s = %s, false)", [name, value]


POSTGRESQL = PostgresWords()


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

    def mark(self, text: str) -> str:
        """A text as a number, by which it is told from others."""
        return f"hash({text})"

    def each(self, array: str) -> str:
        """A row for each member."""
        return f"unnest({array})"

    def starts(self, text: str) -> str:
        """Whether a text begins with the parameter."""
        return f"starts_with({text}, %s)"

    def small(self, text: str) -> str:
        """A text with A-Z made small and every other letter as it is."""
        return f"translate({text}, '{ascii_uppercase}', '{ascii_lowercase}')"

    def has_property(self, name: str, value: str) -> tuple[str, list[str]]:
        """Whether the event has a property with this value, and the parameters."""
        return "coalesce(list_contains(e.properties, %s), false)", [_property(name, value)]

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

    def mark(self, text: str) -> str:
        """A text as a number, by which it is told from others."""
        return f"sipHash64(coalesce({text}, ''))"

    def each(self, array: str) -> str:
        """A row for each member."""
        return f"arrayJoin({array})"

    def starts(self, text: str) -> str:
        """Whether a text begins with the parameter."""
        return f"startsWith({text}, %s)"

    def small(self, text: str) -> str:
        """A text with A-Z made small and every other letter as it is."""
        return f"lower({text})"

    def has_property(self, name: str, value: str) -> tuple[str, list[str]]:
        """Whether the event has a property with this value, and the parameters."""
        return "has(e.properties, %s)", [_property(name, value)]

    def given(self) -> str:
        """A table with one column `r`: rows of texts that stand in the parameter, as JSON."""
        return "(SELECT arrayJoin(JSONExtract(%s, 'Array(Array(Nullable(String)))')) AS r)"

    def middle(self, value: str) -> str:
        """The median."""
        return f"quantileExactInclusive(0.5)({value})"
