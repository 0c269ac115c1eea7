import { GetRestApiCommand, GetStagesCommand } from '@aws-sdk/client-api-gateway';
import { assessApiStage } from '../../core/guards/api-stage';
import type { ApiStageGuard } from '../../shared/guards';
import { type GuardReader, unlessMissing } from './guard';

const MISSING = ['NotFoundException'];

export const readApiStage: GuardReader<ApiStageGuard> = async (guard, { clients: { apiGateway } }) => {
  const [restApiId] = guard.id.split('/');
  const [api, stages] = await Promise.all([
    unlessMissing(apiGateway.send(new GetRestApiCommand({ restApiId })), MISSING),
    unlessMissing(apiGateway.send(new GetStagesCommand({ restApiId })), MISSING),
  ]);
  return assessApiStage(guard, {
    api: api && {
      endpointTypes: api.endpointConfiguration?.types ?? [],
      policy: api.policy,
      endpointDisabled: api.disableExecuteApiEndpoint ?? false,
    },
    stages: (stages?.item ?? [])
      .filter(({ deploymentId }) => deploymentId !== undefined)
      .map(({ stageName = '', webAclArn }) => ({ name: stageName, webAcl: webAclArn })),
  });
};
