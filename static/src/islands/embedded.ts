// Tells the page that shows this one in a frame how high it is. It says nothing but a number, so anybody may hear it.
export function watchEmbedded(): void {
  const content = document.querySelector<HTMLElement>("[data-embedded-height]");
  if (!content || window.parent === window) return;
  const tell = (): void => {
    const height = Math.ceil(content.getBoundingClientRect().height);
    window.parent.postMessage({ mainstay: "height", height }, "*");
  };
  new ResizeObserver(tell).observe(content);
}
