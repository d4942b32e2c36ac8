import { type handleUnaryCall, status } from '@grpc/grpc-js';
import * as messages from '../../kit/generated/accounts.ts';
import { Refusal } from '../../kit/refusal.ts';
import { unary } from '../../kit/unary.ts';
import { contract, type OperationId } from './contract.ts';
import type { Accounts } from './perform.ts';

/** A message as JSON, which leaves out what has its default (Protocol Buffers, 'ProtoJSON Format'). */
interface Request<Message> {
  toJSON(message: Message): unknown;
}

interface Response<Message> {
  fromJSON(json: unknown): Message;
}

type Face = <Req, Res>(
  id: OperationId,
  request: Request<Req>,
  response: Response<Res>,
) => handleUnaryCall<Req, Res>;

/** The gRPC face: the same JSON as that of REST, from and to messages. */
export function grpcFace(accounts: Accounts): messages.AccountsServiceServer {
  const face: Face = (id, request, response) =>
    unary(async (message, call) =>
      response.fromJSON(await accounts.perform(id, call, inputOf(id, jsonOf(request, message)))),
    );
  const m = messages;
  return {
    getSession: face('getSession', m.GetSessionRequest, m.GetSessionResponse),
    revalidateSession: face('revalidateSession', m.RevalidateSessionRequest, m.RevalidateSessionResponse),
    switchOrganisation: face('switchOrganisation', m.SwitchOrganisationRequest, m.SwitchOrganisationResponse),
    listSessionUses: face('listSessionUses', m.ListSessionUsesRequest, m.ListSessionUsesResponse),
    exportPerson: face('exportPerson', m.ExportPersonRequest, m.ExportPersonResponse),
    deletePerson: face('deletePerson', m.DeletePersonRequest, m.DeletePersonResponse),
    ...organisationsFace(face),
    ...membersFace(face),
    ...keysFace(face),
    ...platformFace(face),
  };
}

function organisationsFace(face: Face) {
  const m = messages;
  return {
    createOrganisation: face('createOrganisation', m.CreateOrganisationRequest, m.CreateOrganisationResponse),
    listOrganisations: face('listOrganisations', m.ListOrganisationsRequest, m.ListOrganisationsResponse),
    getOrganisation: face('getOrganisation', m.GetOrganisationRequest, m.GetOrganisationResponse),
    updateOrganisation: face('updateOrganisation', m.UpdateOrganisationRequest, m.UpdateOrganisationResponse),
    deleteOrganisation: face('deleteOrganisation', m.DeleteOrganisationRequest, m.DeleteOrganisationResponse),
    listAuditEntries: face('listAuditEntries', m.ListAuditEntriesRequest, m.ListAuditEntriesResponse),
  };
}

function membersFace(face: Face) {
  const m = messages;
  return {
    listMembers: face('listMembers', m.ListMembersRequest, m.ListMembersResponse),
    updateMember: face('updateMember', m.UpdateMemberRequest, m.UpdateMemberResponse),
    removeMember: face('removeMember', m.RemoveMemberRequest, m.RemoveMemberResponse),
    createInvitation: face('createInvitation', m.CreateInvitationRequest, m.CreateInvitationResponse),
    listInvitations: face('listInvitations', m.ListInvitationsRequest, m.ListInvitationsResponse),
    revokeInvitation: face('revokeInvitation', m.RevokeInvitationRequest, m.RevokeInvitationResponse),
    acceptInvitation: face('acceptInvitation', m.AcceptInvitationRequest, m.AcceptInvitationResponse),
    listRoles: face('listRoles', m.ListRolesRequest, m.ListRolesResponse),
    putRole: face('putRole', m.PutRoleRequest, m.PutRoleResponse),
    deleteRole: face('deleteRole', m.DeleteRoleRequest, m.DeleteRoleResponse),
    checkPermission: face('checkPermission', m.CheckPermissionRequest, m.CheckPermissionResponse),
  };
}

function keysFace(face: Face) {
  const m = messages;
  return {
    createApiKey: face('createApiKey', m.CreateApiKeyRequest, m.CreateApiKeyResponse),
    listApiKeys: face('listApiKeys', m.ListApiKeysRequest, m.ListApiKeysResponse),
    revokeApiKey: face('revokeApiKey', m.RevokeApiKeyRequest, m.RevokeApiKeyResponse),
    verifyApiKey: face('verifyApiKey', m.VerifyApiKeyRequest, m.VerifyApiKeyResponse),
  };
}

function platformFace(face: Face) {
  const m = messages;
  return {
    beginImpersonation: face('beginImpersonation', m.BeginImpersonationRequest, m.BeginImpersonationResponse),
    endImpersonation: face('endImpersonation', m.EndImpersonationRequest, m.EndImpersonationResponse),
    getPlatform: face('getPlatform', m.GetPlatformRequest, m.GetPlatformResponse),
    listPeople: face('listPeople', m.ListPeopleRequest, m.ListPeopleResponse),
    listPersonSessions: face('listPersonSessions', m.ListPersonSessionsRequest, m.ListPersonSessionsResponse),
    revokePersonSessions: face(
      'revokePersonSessions',
      m.RevokePersonSessionsRequest,
      m.RevokePersonSessionsResponse,
    ),
    listPlatformOrganisations: face(
      'listPlatformOrganisations',
      m.ListPlatformOrganisationsRequest,
      m.ListPlatformOrganisationsResponse,
    ),
    listPlatformMembers: face(
      'listPlatformMembers',
      m.ListPlatformMembersRequest,
      m.ListPlatformMembersResponse,
    ),
    listPlatformRoles: face('listPlatformRoles', m.ListPlatformRolesRequest, m.ListPlatformRolesResponse),
    listQueues: face('listQueues', m.ListQueuesRequest, m.ListQueuesResponse),
    listQueueJobs: face('listQueueJobs', m.ListQueueJobsRequest, m.ListQueueJobsResponse),
    retryQueueJob: face('retryQueueJob', m.RetryQueueJobRequest, m.RetryQueueJobResponse),
    listPlatformAuditEntries: face(
      'listPlatformAuditEntries',
      m.ListPlatformAuditEntriesRequest,
      m.ListPlatformAuditEntriesResponse,
    ),
  };
}

function jsonOf<Message>(request: Request<Message>, message: Message): unknown {
  try {
    return request.toJSON(message);
  } catch (error) {
    // A Timestamp can name a moment that no Date can.
    if (error instanceof RangeError)
      throw new Refusal(status.INVALID_ARGUMENT, `a time out of range: ${error.message}`);
    throw error;
  }
}

/** An empty list is left out of a message: it means what REST must write, that there is nothing in it. */
function inputOf(id: OperationId, json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const lists = ['permissions', 'scopes', 'roles'].filter((name) =>
    Object.hasOwn(contract[id].input.shape, name),
  );
  return { ...Object.fromEntries(lists.map((name) => [name, []])), ...json };
}
