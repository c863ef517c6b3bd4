import { execFileSync } from "node:child_process";
import { ROOT, type Server } from "./server";

const EXECUTE = `
import asyncio, json, os, sys
import asyncpg

async def main():
    statement, rows = json.load(sys.stdin)
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    if rows is None:
        await connection.execute(statement)
    else:
        await connection.executemany(statement, rows)
    await connection.close()

asyncio.run(main())
`;

/** Run one statement on a server's database, once or per row: for scenes that no request can make. */
export async function sql(server: Server, statement: string, rows: readonly unknown[][] | null = null): Promise<void> {
  execFileSync(`${ROOT}/.venv/bin/python`, ["-c", EXECUTE], {
    input: JSON.stringify([statement, rows]),
    env: { ...process.env, DATABASE_URL: await server.databaseUrl() },
  });
}
