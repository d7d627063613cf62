import type { KeyMaterial } from './key-material.js';

/** A key that was found good, before it has an id. */
export type UnnamedKey = Omit<KeyMaterial, 'kid'>;
