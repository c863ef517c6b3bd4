import createClient from "openapi-fetch";
import { newId } from "../annotate/ids";
import type { components, paths } from "./schema.gen";

export type Schemas = components["schemas"];

/** What the server says when it refuses: application/problem+json. */
export type Problem = Schemas["ProblemDetails"];

export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ApiError";
    this.problem = problem;
  }
}

export const client = createClient<paths>({ baseUrl: "" });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's data, or an ApiError in the server's own words. */
export async function dataOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (cause) {
    throw new ApiError(problemOf(0, "Not reachable", `The server cannot be reached (${String(cause)}).`));
  }
  const { data, error, response } = answer;
  if (response.ok) return data as T;
  throw new ApiError(isProblem(error) ? error : problemOf(response.status, response.statusText, "The server refused."));
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "detail" in value && "title" in value;
}

function problemOf(status: number, title: string, detail: string): Problem {
  return { type: "about:blank", title, status, detail, instance: "" };
}

/** A key that makes a repeated write harmless. A UUIDv7, whose time orders what the write makes. */
export function idempotencyKey(): string {
  return newId();
}
