import { useQuery } from '@tanstack/react-query';
import { accounts } from '../accounts-api.ts';
import { noteShownFor } from '../revalidation.ts';
import { useChange } from './change.ts';

/** The person's session: organisation, roles and permissions of now. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      const answer = await accounts.getSession({}, signal);
      noteShownFor(answer.session.person);
      return answer;
    },
    select: ({ session }) => session,
  });
}

/** Whether the person is an administrator of the platform; no until it is known. */
export function useIsAdministrator(): boolean {
  const { data } = useQuery({
    queryKey: ['platform'],
    queryFn: ({ signal }) => accounts.getPlatform({}, signal),
  });
  return data?.administrator ?? false;
}

/** Acts for another organisation in this session. The next request revalidates it, and everything is asked for again. */
export function useSwitchOrganisation() {
  return useChange((organisation: string) => accounts.switchOrganisation({ organisation }), []);
}

/**
 * Whether the person may do something in an organisation. The session has the permissions in one organisation alone: for another one
 * everything is offered, and the API refuses.
 */
export function useMay(organisation: string): (permission: string) => boolean {
  const { data } = useSession();
  if (data === undefined || data.organisation !== organisation) return () => true;
  const { permissions } = data;
  return (permission) => permissions.includes('*') || permissions.includes(permission);
}
