// PostGraphile 5 over Hearth's database, as fast as its settings let it be.
// Environment: HEARTH_BENCH_NODE (where node_modules is), BENCH_PORT, BENCH_SOCKET (PostgreSQL's
// folder), BENCH_POOL, BENCH_KEY (the issuer's public key, a JWK), BENCH_MEMBERS (subject -> settings).
import { createServer } from "node:http";
import { createPublicKey } from "node:crypto";
import { createRequire } from "node:module";

const env = process.env;
const require = createRequire(`${env.HEARTH_BENCH_NODE}/node_modules/`);
const { grafserv } = require("grafserv/node");
const { addPgTableCondition } = require("graphile-utils");
const jsonwebtoken = require("jsonwebtoken");
const { Pool } = require("pg");
const { postgraphile } = require("postgraphile");
const { makePgService } = require("postgraphile/adaptors/pg");
const { PostGraphileAmberPreset } = require("postgraphile/presets/amber");
const { sqlValueWithCodec, TYPES } = require("@dataplan/pg");

// The same session settings as Hearth's, the public's role among them: a public read needs no
// transaction and no settings of its own.
const pool = new Pool({
  host: env.BENCH_SOCKET,
  user: "hearth_login",
  database: "hearth",
  max: Number(env.BENCH_POOL),
  options:
    "-c role=hearth_public -c plan_cache_mode=force_generic_plan -c jit=off -c timezone=Europe/London",
});
pool.on("error", (error) => console.error(error));

const MinimumPlaces = addPgTableCondition(
  { schemaName: "public", tableName: "open_offer" },
  "minimumPlaces",
  ({ graphql, sql }) => ({
    description: "With places for at least so many people.",
    type: graphql.GraphQLInt,
    apply($condition, value) {
      if (value == null) return;
      $condition.where(
        sql`${$condition.alias}.places_left >= ${sqlValueWithCodec(value, TYPES.int)}`,
      );
    },
  }),
);

// A token is checked as Hearth checks one. What its subject may see was read at the start, where
// Hearth asks the database in every transaction.
const key = createPublicKey({ key: JSON.parse(env.BENCH_KEY), format: "jwk" });
const members = JSON.parse(env.BENCH_MEMBERS);
const checks = { algorithms: ["ES256"], audience: "hearth", issuer: "hearth-development" };

function context(request) {
  const given = request.node?.req.headers.authorization;
  if (!given) return {};
  const { sub } = jsonwebtoken.verify(given.slice("Bearer ".length), key, checks);
  return { pgSettings: members[sub] };
}

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [MinimumPlaces],
  // Rights are PostgreSQL's to refuse; at the start the roles of officers are not ours yet.
  disablePlugins: ["PgRBACPlugin", "NodePlugin"],
  pgServices: [makePgService({ pool, schemas: ["public", "bench"] })],
  schema: { defaultBehavior: "+list" },
  grafast: { context, explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, outputDataAsString: true, watch: false },
};

const instance = postgraphile(preset);
const server = createServer({ keepAliveTimeout: 60_000 });
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
const served = instance.createServ(grafserv);
await instance.getSchema();
if (env.BENCH_PRINT) {
  const { printSchema } = require("graphql");
  console.log(printSchema(await instance.getSchema()));
  process.exit(0);
}
await served.addTo(server);
server.listen(Number(env.BENCH_PORT), "127.0.0.1");
