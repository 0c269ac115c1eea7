import { GetRestApiCommand, GetStageCommand } from '@aws-sdk/client-api-gateway';
import { assessApiStage } from '../../core/guards/api-stage';
import type { ApiStageGuard } from '../../shared/guards';
import { type GuardReader, unlessMissing } from './guard';

const MISSING = ['NotFoundException'];

export const readApiStage: GuardReader<ApiStageGuard> = async (guard, { clients: { apiGateway } }) => {
  const [restApiId, stageName] = guard.id.split('/');
  const [api, stage] = await Promise.all([
    unlessMissing(apiGateway.send(new GetRestApiCommand({ restApiId })), MISSING),
    unlessMissing(apiGateway.send(new GetStageCommand({ restApiId, stageName })), MISSING),
  ]);
  return assessApiStage(guard, {
    api: api && {
      endpointTypes: api.endpointConfiguration?.types ?? [],
      policy: api.policy,
      endpointDisabled: api.disableExecuteApiEndpoint ?? false,
    },
    deployed: stage?.deploymentId !== undefined,
  });
};
