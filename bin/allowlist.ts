#!/usr/bin/env tsx
import { main } from './allowlist/program';

main(process.argv);
