"""Where the tracker sends to, what the collector takes, and the data events are enriched from."""

from __future__ import annotations

from config import env

COLLECTOR_URL = env.text("COLLECTOR_URL", "http://localhost:8001").rstrip("/")
COLLECT_RATE = env.number("COLLECT_RATE", 100)  # events a second from one address to one site, over a longer time
COLLECT_BURST = env.number("COLLECT_BURST", 2000)  # events at once from one address to one site
COLLECT_BACKLOG = env.number("COLLECT_BACKLOG", 2_000_000)  # requests waiting in the inbox before senders must wait
PIPELINE_BATCH = env.number("PIPELINE_BATCH", 20_000)

_BUNDLED = env.ROOT / "node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb"
GEO_COUNTRY_DATABASE = env.text("GEO_COUNTRY_DATABASE", str(_BUNDLED))
GEO_DATABASE = env.text("GEO_DATABASE", "")  # a database of cities, if there is one

_NETWORKS = env.ROOT / "node_modules/@ip-location-db/asn"
NETWORK_DATABASE = env.text("NETWORK_DATABASE", str(_NETWORKS))  # whose networks addresses lie in

# Networks of one's own, which go before that table: lines of network, number, name. The demo has its companies here.
_DEMO_NETWORKS = env.ROOT / "apps/demo/networks.csv"
NETWORK_OWN = env.text("NETWORK_OWN", str(_DEMO_NETWORKS) if env.flag("DEMO", default=False) else "")

# Copies of visits in columns, which answer filtered questions about large sites.
COLUMNS_DIR = env.text("COLUMNS_DIR", str(env.ROOT / "var" / "columns"))
COLUMNS_DIR = "" if COLUMNS_DIR == "none" else COLUMNS_DIR
COLUMNS_FROM_VISITS = env.number("COLUMNS_FROM_VISITS", 20_000)  # visits a site has before files are made of it
COLUMNS_MEMORY = env.number("COLUMNS_MEMORY", 256)  # megabytes that reading or making them may take in one process
# Where those copies lie: beside PostgreSQL in files, or in ClickHouse.
EVENT_STORE = env.text("EVENT_STORE", "postgresql")
CLICKHOUSE_URL = env.text("CLICKHOUSE_URL", "")
if EVENT_STORE not in {"postgresql", "clickhouse"}:
    raise env.BadEnvironment(f"EVENT_STORE takes postgresql or clickhouse, not {EVENT_STORE!r}")
if EVENT_STORE == "clickhouse" and not (CLICKHOUSE_URL and COLUMNS_DIR):
    raise env.BadEnvironment(
        "EVENT_STORE=clickhouse needs CLICKHOUSE_URL, and COLUMNS_DIR as a folder in which copies are prepared"
    )
if CLICKHOUSE_URL and not CLICKHOUSE_URL.startswith(("http://", "https://")):
    raise env.BadEnvironment("CLICKHOUSE_URL takes http(s)://user:password@host:port/database")
