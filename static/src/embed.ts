// For pages of others that show a shared page in a frame: each frame grows with what it holds.
// A message counts only when it comes from the very frame, and from the address the frame was given.
const HIGHEST = 20_000;

addEventListener("message", (event: MessageEvent<unknown>) => {
  const said = event.data as { mainstay?: unknown; height?: unknown } | null;
  if (said?.mainstay !== "height" || typeof said.height !== "number" || !(said.height > 0)) return;
  for (const frame of document.querySelectorAll<HTMLIFrameElement>("iframe[data-mainstay]")) {
    if (event.source !== frame.contentWindow || event.origin !== new URL(frame.src).origin) continue;
    frame.style.height = `${Math.min(said.height, HIGHEST)}px`;
  }
});
