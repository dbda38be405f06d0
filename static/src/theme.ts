// Runs before the first paint: the page must not flash in the wrong theme or with the wrong rail.
const root = document.documentElement;

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

const choice = root.dataset["themeFixed"] ?? stored("mainstay.theme") ?? root.dataset["themeChoice"] ?? "system";
const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
root.dataset["themeChoice"] = choice;
root.dataset["theme"] = dark ? "dark" : "light";
if (stored("mainstay.rail") === "folded") root.dataset["rail"] = "folded";
