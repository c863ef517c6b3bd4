import type { NewExport } from "../../api/types";

/** The formats, each with who reads it. */
export const FORMATS: readonly { value: NewExport["format"]; label: string; lead: string }[] = [
  { value: "yolo", label: "YOLO", lead: "A text file per picture and a data.yaml; Ultralytics trains on it as it is." },
  { value: "coco", label: "COCO", lead: "One JSON with boxes, polygons and masks; what most other tools read." },
];
