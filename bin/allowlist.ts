import { main } from './allowlist/program';

main(process.argv);
