import type { Platform } from '../platform.ts';
import type { Route } from '../router.ts';
import { adminRoutes } from './admin.ts';
import { catalogBatchRoutes } from './catalog-batches.ts';
import { catalogDatasetRoutes } from './catalog-datasets.ts';
import { exportRoutes } from './export.ts';
import { fileRoutes } from './files.ts';
import { flowRoutes } from './flow.ts';
import { hygieneRoutes } from './hygiene.ts';
import { identityRoutes } from './identity.ts';
import { importRoutes } from './import.ts';
import { imsRoutes } from './ims.ts';
import { previewRoutes } from './preview.ts';
import { registryRoutes } from './registry.ts';
import { registryPatchRoutes } from './registry-patch.ts';
import { streamingRoutes } from './streaming.ts';
import { tamperRoutes } from './tamper.ts';

/** Every route that the simulator serves; the first that matches answers. */
export function allRoutes(platform: Platform): Route[] {
  return [
    ...imsRoutes(platform),
    ...importRoutes(platform),
    ...fileRoutes(platform),
    ...previewRoutes(platform),
    ...catalogBatchRoutes(platform),
    ...catalogDatasetRoutes(platform),
    ...exportRoutes(platform),
    ...registryRoutes(platform),
    ...registryPatchRoutes(platform),
    ...identityRoutes(platform),
    ...flowRoutes(platform),
    ...streamingRoutes(platform),
    ...hygieneRoutes(platform),
    ...adminRoutes(platform),
    ...tamperRoutes(platform),
  ];
}
