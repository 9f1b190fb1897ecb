// A day with the generated client: list by a filter, make, look, change, snapshot, restore, delete by a plan. Prints what it came to as JSON.
import { client } from './client/client.gen';
import {
  createSnapshot, createVolume, deleteVolume, listSnapshots, listVolumes, restoreSnapshot, showOperation, showVolume, updateVolume,
} from './client';
import type { DeletePlan, Operation, OperationAccepted, Volume } from './client';

declare const process: { env: Record<string, string | undefined>; exitCode?: number };

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
}

async function ended(operation: Operation): Promise<Operation> {
  let now = operation;
  while (now.finished_at === null) {
    const { data } = await showOperation({ path: { id: now.id }, query: { wait: 10 }, throwOnError: true });
    now = data;
  }
  if (now.state !== 'succeeded') throw new Error(`${now.kind} ${now.state}: ${now.error?.message ?? ''}`);
  return now;
}

async function named(name: string): Promise<Volume[]> {
  const { data } = await listVolumes({ query: { name_contains: name, state: 'available', sort: 'name', limit: 10, count: true }, throwOnError: true });
  if (data.count !== data.items.length) throw new Error(`${data.count} are counted, ${data.items.length} listed.`);
  return data.items;
}

function isPlan(answer: OperationAccepted | DeletePlan): answer is DeletePlan {
  return 'blocked' in answer;
}

async function walk(): Promise<object> {
  client.setConfig({ baseUrl: needed('OCTAVO_URL'), auth: () => needed('OCTAVO_TOKEN') });
  const before = await named('typed');

  const key = { 'Idempotency-Key': 'made-by-the-walk' };
  const made = await createVolume({ body: { name: 'typed disk', size_gib: 1, tags: { env: 'test' } }, headers: key, query: { wait: 30 }, throwOnError: true });
  const again = await createVolume({ body: { name: 'typed disk', size_gib: 1, tags: { env: 'test' } }, headers: key, query: { wait: 30 }, throwOnError: true });
  await ended(made.data.operation);
  const id = made.data.volume.id;

  const shown = await showVolume({ path: { id }, throwOnError: true });
  const etag = shown.response.headers.get('ETag') ?? '';
  const changed = await updateVolume({ path: { id }, body: { mount_point: '/vol/typed' }, throwOnError: true });
  const stale = await updateVolume({ path: { id }, body: { mount_point: '/vol/other' }, headers: { 'If-Match': etag } });

  const snapshot = await createSnapshot({ path: { id }, query: { wait: 30 }, throwOnError: true });
  await ended(snapshot.data.operation);
  const restored = await restoreSnapshot({ path: { id: snapshot.data.snapshot.id }, body: { name: 'typed copy' }, throwOnError: true });
  await ended(restored.data.operation);
  const listed = await named('typed');

  const plan = await deleteVolume({ path: { id }, query: { dry_run: true }, throwOnError: true });
  if (!isPlan(plan.data)) throw new Error('A dry run answered no plan.');
  const deleted = await deleteVolume({ path: { id }, throwOnError: true });
  if (isPlan(deleted.data)) throw new Error('A deletion answered a plan.');
  await ended(deleted.data.operation);

  const snapshots = await listSnapshots({ query: { orphan: true }, throwOnError: true });
  const absent = await showVolume({ path: { id: '0'.repeat(32) } });
  return {
    before: before.length, id, again: again.data.volume.id, mountPoint: changed.data.volume.mount_point, stale: stale.response.status,
    staleCode: stale.error?.code, snapshot: snapshot.data.snapshot.id, listed: listed.map(volume => volume.name), planned: plan.data.count,
    after: (await named('typed')).map(volume => volume.name), orphans: snapshots.data.items.map(one => one.id), absentCode: absent.error?.code,
  };
}

walk().then(
  came => console.log(JSON.stringify(came)),
  (failure: unknown) => {
    console.error(failure);
    process.exitCode = 1;
  });
