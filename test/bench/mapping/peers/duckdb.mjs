// Runs one statement in a DuckDB of one thread: `node duckdb.mjs STATEMENT.sql`. Lies beside the node_modules that has it.
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const database = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await database.connect();
await connection.run(readFileSync(process.argv[2], 'utf8'));
