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

/** An exponential disc (Sérsic n = 1); the unit is the half-light radius. Fitted to 1 % from 0.05 to 2.5 radii, 4 % to 4. */
export const DISC_PROFILE: Mixture = normalize(
  [0.05141, 0.13846, 0.28889, 0.53313, 0.9132, 1.50245],
  [0.00063, 0.00806, 0.05368, 0.21857, 0.45462, 0.26444],
  0.9986259,
);

/**
 * A bulge (Sérsic n = 4, faded out between 7 and 8 of its half-light radii before the half-light radius of what is left was
 * taken as the unit), to 5 % between 0.05 and 4 radii. Fitted here in the same manner.
 */
export const BULGE_PROFILE: Mixture = normalize(
  [0.01942, 0.04524, 0.10536, 0.24538, 0.5715, 1.33104, 3.1],
  [0.007135, 0.02183, 0.063299, 0.13833, 0.24329, 0.262357, 0.256437],
  0.99203,
);
