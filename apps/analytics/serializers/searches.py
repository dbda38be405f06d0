"""Google searches as the API speaks of them. Shares are fractions, days are Google's, by Pacific time."""

from __future__ import annotations

from rest_framework import serializers

from apps.analytics.selectors.search_figures import SORTS

_WAYS = tuple(sorted({*SORTS, *(f"-{name}" for name in SORTS)}))


class SearchTotalsOut(serializers.Serializer):
    """All searches of a period. `named_share` is the part of the clicks whose search terms Google tells."""

    clicks = serializers.IntegerField()
    impressions = serializers.IntegerField()
    ctr = serializers.FloatField(allow_null=True)
    position = serializers.FloatField(allow_null=True)
    named_share = serializers.FloatField(allow_null=True)


class SearchesOut(serializers.Serializer):
    """Whether searches are known, how far they reach, and what they were: `covered_from` to `covered_to` is the part of
    the period that Google has figures of, empty for none."""

    state = serializers.ChoiceField(["off", "unsigned", "unchosen", "reading", "stopped", "nothing", "ok"])
    property = serializers.CharField()
    problem = serializers.CharField()
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    final_day = serializers.DateField(allow_null=True)
    covered_from = serializers.DateField(allow_null=True)
    covered_to = serializers.DateField(allow_null=True)
    now = SearchTotalsOut(allow_null=True)
    before = SearchTotalsOut(allow_null=True)


class SearchRowsIn(serializers.Serializer):
    """Which rows: sorted by what ("-" for downwards), containing which words."""

    sort = serializers.ChoiceField(_WAYS, default="-clicks")
    q = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=100_000, default=0)


class SearchRowOut(serializers.Serializer):
    """One term, page, country or device, and what it was in the comparison."""

    value = serializers.CharField()
    clicks = serializers.IntegerField()
    impressions = serializers.IntegerField()
    ctr = serializers.FloatField(source="rate", allow_null=True)
    position = serializers.FloatField(source="place", allow_null=True)
    clicks_before = serializers.IntegerField()
    impressions_before = serializers.IntegerField()
    position_before = serializers.FloatField(source="place_before", allow_null=True)


class SearchRowsOut(serializers.Serializer):
    """A page of rows, and whether more follow."""

    rows = SearchRowOut(many=True)
    more = serializers.BooleanField()


class SearchPairsIn(serializers.Serializer):
    """Of which page, or of which term: one of the two."""

    page = serializers.CharField(max_length=2_000, required=False, default="")
    term = serializers.CharField(max_length=2_000, required=False, default="")

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Exactly one."""
        if bool(attrs["page"]) == bool(attrs["term"]):
            raise serializers.ValidationError("name either a page or a term")
        return attrs


class SearchPairOut(serializers.Serializer):
    """A term of the page, or a page of the term."""

    value = serializers.CharField()
    clicks = serializers.IntegerField()
    impressions = serializers.IntegerField()
    ctr = serializers.FloatField(source="rate", allow_null=True)
    position = serializers.FloatField(source="place", allow_null=True)


class SearchPairsOut(serializers.Serializer):
    """All there are, most clicked first, of the days from `covered_from` to `covered_to` as they were told at `at`.
    Rare terms have no row. `is_cut`: the vendor has more than it tells at once."""

    rows = SearchPairOut(many=True)
    covered_from = serializers.DateField(source="first")
    covered_to = serializers.DateField(source="last")
    at = serializers.DateTimeField()
    is_cut = serializers.BooleanField()
