// What came with a message: pictures as pictures, the rest as a line; and why something is not there.

import { pathOf } from "./api";
import { useApp } from "./app";
import { Icon } from "./icon";
import type { FileEntry } from "./protocol";
import { t } from "./text";
import { bytes } from "./times";

export function FileList({ files }: { files: readonly FileEntry[] }) {
  return <ul class="files">{files.map((file) => <li key={file.id}><File file={file} /></li>)}</ul>;
}

function File({ file }: { file: FileEntry }) {
  const app = useApp();
  const name = file.name || kindName(file.kind);
  const stored = file.state === "stored";
  if (stored && file.preview) {
    return (
      <button type="button" class="picture" aria-label={`${t.openPicture}: ${name}`} onClick={() => app.dialog.set({ kind: "picture", id: file.id, name })}>
        <img src={`/api/v1/attachments${pathOf(file.id)}/preview`} alt={name} loading="lazy" width="220" height="150" />
      </button>
    );
  }
  const size = file.size === null ? "" : bytes(file.size, app.locale);
  const state = (t.fileStates as Readonly<Record<string, string>>)[file.state] ?? file.state;
  const facts = [kindName(file.kind), size, stored ? "" : state, stored ? "" : file.reason].filter(Boolean).join(" · ");
  const face = <><Icon name="file" /><span><b>{name}</b><small>{facts}</small></span></>;
  if (!stored) return <span class={`file ${file.state}`}>{face}</span>;
  return <a class="file" href={`/api/v1/attachments${pathOf(file.id)}`} download={name} target="_blank" rel="noopener">{face}</a>;
}

function kindName(kind: string): string {
  return (t.fileKinds as Readonly<Record<string, string>>)[kind] ?? kind;
}
