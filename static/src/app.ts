import "./css/app.css";
import htmx from "htmx.org";
import "./islands/bell";
import "./islands/chart";
import "./islands/choose";
import "./islands/copy";
import "./islands/live";
import "./islands/menu";
import "./islands/palette";
import "./islands/range";
import "./islands/stream";
import "./islands/table";
import "./islands/toasts";
import "./islands/upload";
import { watchChartMenus } from "./islands/chart";
import { watchDialogs } from "./islands/dialogs";
import { watchEmbedded } from "./islands/embedded";
import { watchFrame } from "./islands/frame";
import { watchKeys } from "./islands/keys";
import { watchRequests } from "./islands/requests";
import { watchSparks } from "./islands/spark";
import { watchTimes } from "./islands/time";
import { watchTooltips } from "./islands/tooltip";
import { watchZone } from "./islands/zone";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

window.htmx = htmx;
watchFrame();
watchEmbedded();
watchDialogs();
watchKeys();
watchRequests();
watchSparks();
watchTimes();
watchTooltips();
watchChartMenus();
void watchZone();
