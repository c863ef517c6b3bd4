import { useEffect, useRef } from "react";
import { hatch } from "../../canvas/patterns";
import classes from "./annotate.module.css";

/** A category's colour with its hatch, as it is on the canvas. */
export function CategorySwatch({ colour, pattern }: { colour: string; pattern: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.fillStyle = colour;
    context.fillRect(0, 0, 16, 16);
    context.fillStyle = hatch(context, pattern, "#000000") ?? "transparent";
    context.fillRect(0, 0, 16, 16);
  }, [colour, pattern]);
  return <canvas ref={canvas} width={16} height={16} className={classes.swatch} />;
}
