import type { Schemas } from "./client";

// Short names for the generated types that the pages speak of.
export type Project = Schemas["Project"];
export type Image = Schemas["Image"];
export type ReviewState = Image["state"];
export type Category = Schemas["Category"];
export type Job = Schemas["Job"];
export type FeedEvent = Schemas["EventView"];
export type Upload = Schemas["Ingested"];
export type ThumbnailShape = Schemas["ThumbnailShape"];
