import type { Readable } from "openapi-typescript-helpers";
import type { components } from "./schema.gen";

// The generated types as the client hands them out: it turns tuples into arrays.
type Read = { [K in keyof components["schemas"]]: Readable<components["schemas"][K]> };

export type Project = Read["Project"];
export type ProjectSettings = components["schemas"]["SettingsChange"];
export type Image = Read["Image"];
export type ReviewState = Image["state"];
export type Category = Read["Category"];
export type Job = Read["Job"];
export type FeedEvent = Read["EventView"];
export type Upload = Read["Ingested"];
export type ThumbnailShape = Read["ThumbnailShape"];
export type TrainingRun = Read["TrainingRun"];
export type RunMetrics = Read["RunMetrics"];
export type CategoryMetrics = Read["CategoryMetrics"];
export type Comparison = Read["Comparison"];
export type ComparedRun = Read["ComparedRun"];
export type ComparedPicture = Read["ComparedPicture"];
export type QueuedImage = Read["QueuedImage"];
export type NewTrainingRun = components["schemas"]["NewTrainingRun"];
export type NewPredictions = components["schemas"]["NewPredictions"];
export type MapPoint = Read["MapPoint"];
export type Export = Read["Export"];
export type NewExport = components["schemas"]["NewExport"];
export type NewQueryBatch = components["schemas"]["NewQueryBatch"];
export type Statistics = Read["Statistics"];
export type LearningPoint = Read["LearningPoint"];
