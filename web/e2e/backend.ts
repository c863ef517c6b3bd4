import { newId } from "../src/annotate/ids";
import type { Annotation, ImageDocument, Prediction } from "../src/annotate/model";
import type { Geometry } from "../src/geometry/geometry";
import type { TrueBox } from "./groundTruth";

export interface Uploaded {
  readonly id: string;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
}

export interface ListedImage extends Uploaded {
  readonly state: ImageDocument["state"];
  readonly annotation_count: number;
  readonly prediction_count: number;
}

/** The API as the tests use it to prepare a scene and to see what was kept. */
export class Backend {
  constructor(readonly url: string) {}

  async project(
    name: string,
    categories: readonly string[] = [],
    task: "detect" | "segment" = "segment",
  ): Promise<{ id: string; categories: Record<string, string> }> {
    const { id } = await this.send<{ id: string }>("POST", "/api/projects", { name, task });
    const ids: Record<string, string> = {};
    for (const each of categories)
      ids[each] = (await this.send<{ id: string }>("POST", `/api/projects/${id}/categories`, { name: each })).id;
    return { id, categories: ids };
  }

  async upload(projectId: string, pictures: readonly { name: string; bytes: Uint8Array }[]): Promise<Uploaded[]> {
    const form = new FormData();
    for (const { name, bytes } of pictures) form.append("files", new Blob([bytes as BlobPart]), name);
    const response = await fetch(`${this.url}/api/projects/${projectId}/images`, { method: "POST", body: form });
    if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { registered: Uploaded[] }).registered;
  }

  async annotations(
    imageId: string,
  ): Promise<{ version: number; state: ImageDocument["state"]; annotations: Annotation[]; predictions: Prediction[] }> {
    return this.send("GET", `/api/images/${imageId}/annotations`);
  }

  async boxes(imageId: string): Promise<Geometry[]> {
    return (await this.annotations(imageId)).annotations.map(({ geometry }) => geometry);
  }

  /** Draw shapes without a browser; returns their ids. */
  async draw(imageId: string, categoryId: string, geometries: readonly Geometry[]): Promise<string[]> {
    const drawn = geometries.map((geometry) => ({
      type: "draw_annotation",
      annotation_id: newId(),
      category_id: categoryId,
      geometry,
    }));
    for (let from = 0; from < drawn.length; from += 1000) await this.command(imageId, drawn.slice(from, from + 1000));
    return drawn.map((command) => command.annotation_id);
  }

  /** Draw what is on a picture and submit it, as a person would. */
  async label(imageId: string, boxes: readonly TrueBox[], categories: Record<string, string>): Promise<void> {
    const drawn = boxes.map(({ category, ...box }) => ({
      type: "draw_annotation",
      annotation_id: newId(),
      category_id: categories[category],
      geometry: { type: "box", ...box },
    }));
    await this.command(imageId, [...drawn, { type: "submit" }]);
  }

  async images(projectId: string, query = ""): Promise<ListedImage[]> {
    const { items } = await this.send<{ items: ListedImage[] }>("GET", `/api/projects/${projectId}/images?${query}`);
    return items;
  }

  async jobs(projectId: string): Promise<{ id: string; kind: string; state: string; error: string | null }[]> {
    return (await this.send<{ items: never[] }>("GET", `/api/projects/${projectId}/jobs`)).items;
  }

  command(imageId: string, commands: readonly object[]): Promise<unknown> {
    return this.send("POST", `/api/images/${imageId}/commands`, { commands });
  }

  async history(imageId: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
    const { items } = await this.send<{ items: { event: { type: string; data: Record<string, unknown> } }[] }>(
      "GET",
      `/api/images/${imageId}/history`,
    );
    return items.map(({ event }) => event);
  }

  async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { "content-type": "application/json", "idempotency-key": newId() },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
}
