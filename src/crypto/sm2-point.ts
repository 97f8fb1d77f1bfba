import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { SM2_CURVE } from './sm2.ts';

/** Points of the curve of SM2; its `Fn` computes modulo the order of the curve. */
export const Sm2Point = weierstrass(SM2_CURVE);
