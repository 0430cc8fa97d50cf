/** A round profile as a sum of Gaussians: standard deviations in units of its scale radius, and their shares of the flux. */
export interface Mixture {
  readonly sigma: readonly number[];
  readonly share: readonly number[];
}

function normalize(sigma: readonly number[], flux: readonly number[], unit = 1): Mixture {
  const total = flux.reduce((sum, value) => sum + value, 0);
  return { sigma: sigma.map((value) => value / unit), share: flux.map((value) => value / total) };
}

/**
 * A Moffat profile of β = 3.5 (a seeing disc with its wings) within 1 % to 3.5 FWHM; the unit is the FWHM. Fitted here by
 * non-negative least squares, in the manner of Hogg & Lang 2013, PASP 125, 719.
 */
export const SEEING_PROFILE: Mixture = normalize(
  [0.32191, 0.47499, 0.70128, 1.0801, 1.88511],
  [0.249872, 0.459356, 0.228375, 0.055749, 0.006647],
  0.9441481,
);

/** An exponential disc (Sérsic n = 1); the unit is the half-light radius. Fitted to 0.5 % between 0.05 and 4 radii. */
export const DISC_PROFILE: Mixture = normalize(
  [0.05141, 0.13846, 0.28889, 0.53313, 0.9132, 1.50245],
  [0.00063, 0.00806, 0.05368, 0.21857, 0.45462, 0.26444],
  0.9986259,
);

/** A bulge (Sérsic n = 4, fading out beyond 7 half-light radii); the unit is the half-light radius of the sum. */
export const BULGE_PROFILE: Mixture = normalize(
  [0.03, 0.09395, 0.18655, 0.37042, 0.73552, 1.46048, 2.9],
  [0.023449, 0.086698, 0.04065, 0.264521, 0.099993, 0.344824, 0.139865],
  0.83607,
);
