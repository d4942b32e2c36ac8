import { useQuery } from '@tanstack/react-query';
import { accounts } from '../accounts-api.ts';
import { useChange, usePages } from './change.ts';

const all = ['platform', 'queues'];

export function useQueues() {
  return useQuery({
    queryKey: [...all, 'list'],
    queryFn: ({ signal }) => accounts.listQueues({}, signal),
    select: ({ queues }) => queues,
  });
}

export function useDeadJobs(queue: string) {
  return usePages([...all, 'dead', queue], (pageToken, signal) =>
    accounts.listQueueJobs({ queue, state: 'dead', pageToken }, signal),
  );
}

export function useRetryJob(queue: string, job: string) {
  return useChange(() => accounts.retryQueueJob({ queue, job }), all);
}
