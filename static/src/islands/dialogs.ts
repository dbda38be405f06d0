import { all, find } from "../lib/dom";

function dialogs(within: ParentNode): HTMLDialogElement[] {
  return all<HTMLDialogElement>("dialog.sheet, dialog.modal", within);
}

/** A dangerous button stays shut until its phrase is typed. */
function armConfirm(dialog: HTMLDialogElement): void {
  const input = find<HTMLInputElement>("[data-confirm-phrase]", dialog);
  const submit = find<HTMLButtonElement>("[data-confirm-submit]", dialog);
  if (!input || !submit) return;
  const check = () => {
    submit.disabled = input.value.trim() !== input.dataset["confirmPhrase"];
  };
  input.addEventListener("input", check);
  dialog.addEventListener("close", () => {
    input.value = "";
    check();
  });
  check();
}

function prepare(dialog: HTMLDialogElement): void {
  if (dialog.dataset["ready"]) return;
  dialog.dataset["ready"] = "yes";
  armConfirm(dialog);
  dialog.addEventListener("click", (event) => {
    const onBackdrop = event.target === dialog;
    const onClose = event.target instanceof Element && event.target.closest("[data-closes]");
    if (onBackdrop || onClose) dialog.close();
  });
  if (dialog.dataset["openNow"] !== undefined) {
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  }
}

export function openDialog(id: string): void {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  prepare(dialog);
  dialog.showModal();
}

export function watchDialogs(): void {
  dialogs(document).forEach(prepare);
  if (location.hash) openDialog(location.hash.slice(1));
  document.addEventListener("click", (event) => {
    const opener = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-opens]") : null;
    if (opener?.dataset["opens"]) openDialog(opener.dataset["opens"]);
  });
  document.addEventListener("htmx:after:swap", () => dialogs(document).forEach(prepare));
}
