import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { Queue, QueueJob } from '../../accounts-api.ts';
import { Loaded, Paged } from '../../components/loaded.tsx';
import { Moment } from '../../components/moment.tsx';
import { Problem } from '../../components/problem.tsx';
import { useDeadJobs, useQueues, useRetryJob } from '../../controllers/queues.ts';

/** What the queue of jobs has to do, and what it could not do. */
export function JobsPage() {
  const queues = useQueues();
  return (
    <>
      <h2>Jobs</h2>
      <Loaded query={queues}>
        {(all) =>
          all.length === 0 ? (
            <p>There is no queue yet.</p>
          ) : (
            <ul className="rows">
              {all.map((queue) => (
                <QueueRow key={queue.name} queue={queue} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

function QueueRow({ queue: { name, queued, active, retry, completed, cancelled, dead } }: { queue: Queue }) {
  const [isOpen, setOpen] = useState(false);
  const label = isOpen ? 'Hide failed jobs' : 'Show failed jobs';
  return (
    <li>
      <strong>{name}</strong>
      <p className="hint">
        {queued} waiting, {active} running, {retry} to be tried again, {dead} failed; {completed} done and{' '}
        {cancelled} cancelled in the last week
      </p>
      {(dead > 0 || isOpen) && (
        <Button aria-label={`${label}: ${name}`} aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
          {label}
        </Button>
      )}
      {isOpen && <DeadJobs queue={name} />}
    </li>
  );
}

/** Jobs whose every attempt failed. */
function DeadJobs({ queue }: { queue: string }) {
  const jobs = useDeadJobs(queue);
  return (
    <Paged pages={jobs} items={(page) => page.jobs} none="None failed.">
      {(all) => (
        <ul>
          {all.map((job) => (
            <DeadJob key={job.id} queue={queue} job={job} />
          ))}
        </ul>
      )}
    </Paged>
  );
}

function DeadJob({ queue, job: { id, attempts, createdAt, failure } }: { queue: string; job: QueueJob }) {
  const retry = useRetryJob(queue, id);
  return (
    <li>
      <span className="id">{id}</span>
      <p className="hint">
        Made <Moment at={createdAt} />, tried {attempts} times:{' '}
        {failure === '' ? 'no reason was given' : failure}
      </p>
      <Problem error={retry.error} />
      <Button aria-label={`Try again: ${id}`} isPending={retry.isPending} onPress={() => retry.mutate()}>
        Try again
      </Button>
    </li>
  );
}
