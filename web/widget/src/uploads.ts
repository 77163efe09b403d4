// Files on their way to the server: one after the other, with progress; what fails says why and can be tried again.

import type { Identity } from "./protocol";

/** Why a file was not taken; `code` is empty when the request did not get through. */
export interface Refusal {
  readonly code: string;
  readonly megabytes?: number;
  readonly types?: readonly string[];
}

export interface Upload {
  /** The client_msg_id: the same file tried again is the same message. */
  readonly id: string;
  readonly file: File;
  /** From 0 to 1. */
  progress: number;
  refusal: Refusal | null;
}

/** Who uploads; null while that is not known. */
export interface Proof {
  readonly token: string;
  readonly identity: Identity | null;
  readonly locale: string;
}

function refusalIn(body: string): Refusal {
  try {
    return { code: "", ...(JSON.parse(body) as { error?: Refusal }).error };
  } catch {
    return { code: "" };
  }
}

/** A file's name as a header takes it; half a letter, which cannot be encoded, is left out. */
function nameOf({ name }: File): string {
  return encodeURIComponent(name.slice(-200).replace(/\p{Surrogate}/gu, ""));
}

export class Uploads {
  list: readonly Upload[] = [];
  #running: { upload: Upload; request: XMLHttpRequest } | null = null;

  constructor(
    private readonly url: string,
    private readonly newId: () => string,
    private readonly proof: () => Proof | null,
    private readonly changed: () => void,
  ) {}

  add(files: Iterable<File>): void {
    const added = [...files].map((file) => ({ id: this.newId(), file, progress: 0, refusal: null }));
    this.list = [...this.list, ...added];
    this.next();
  }

  /** Take a file away; if it is on its way, it is called back. */
  remove(upload: Upload): void {
    this.list = this.list.filter((one) => one !== upload);
    if (this.#running?.upload === upload) this.#running.request.abort();
    this.next();
  }

  retry(upload: Upload): void {
    upload.refusal = null;
    this.next();
  }

  /** Begin with the first file that waits, if none is on its way and it is known who we are. */
  next(): void {
    const upload = this.list.find(({ refusal }) => !refusal);
    const proof = this.proof();
    if (upload && proof && !this.#running) this.#send(upload, proof);
    this.changed();
  }

  #send(upload: Upload, { token, identity, locale }: Proof): void {
    const request = new XMLHttpRequest();
    this.#running = { upload, request };
    request.open("POST", this.url);
    const headers = {
      Authorization: `Bearer ${token}`,
      "X-Grija-Message": upload.id,
      "X-Grija-Name": nameOf(upload.file),
      "X-Grija-Locale": locale,
      "X-Grija-Identity": identity ? encodeURIComponent(JSON.stringify(identity)) : "",
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      upload.progress = total ? loaded / total : 0;
      this.changed();
    };
    request.onloadend = () => {
      this.#running = null;
      if (request.status === 200) this.list = this.list.filter((one) => one !== upload);
      else upload.refusal = refusalIn(request.responseText);
      this.next();
    };
    request.send(upload.file);
  }
}
