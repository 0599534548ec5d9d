import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { configure, keys, requestsFor, single } from "../fixtures.ts";

/** What the algorithm costs, and how many keys there are to try. */
export async function algorithms({ driver, folder, effort }: Bench): Promise<Comparison[]> {
  const requests = await requestsFor(keys.mojoauth);
  const others = (many: number) =>
    Array.from({ length: many }, (_, index) => ({
      id: `${index}`,
      secret: `another secret ${index}`,
    }));
  const command = (name: string, list: object[]) =>
    single + configure(folder, name, { keys: list });
  const { wall } = driver.turns(
    [
      { name: "mojoauth", command: command("one", [keys.mojoauth]), requests },
      ...[3, 20].map((many) => ({
        name: `mojoauth, the last of ${many} keys`,
        command: command(`of-${many}`, [...others(many - 1), keys.mojoauth]),
        requests,
      })),
      ...(await Promise.all(
        [keys.HS256, keys.RS256, keys.EdDSA].map(async (key) => ({
          name: key.id,
          command: command(key.id, [key]),
          requests: await requestsFor(key),
        })),
      )),
    ],
    { rounds: 20 * effort, batch: 1000 },
  );
  return [compare("Round trip by algorithm and keys", "µs", wall)];
}
