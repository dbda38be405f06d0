import { expect, it } from "vitest";
import { cutRing } from "../charts/antimeridian";
import { project, unproject } from "../charts/map";

it("cuts a ring at the date line into two that stay on their side", () => {
  const parts = cutRing([[170, 60], [-170, 60], [-170, 70], [170, 70], [170, 60]]);
  expect(parts).toHaveLength(2);
  const longitudes = parts.map((part) => part.map((point) => point[0]!));
  expect([Math.min(...longitudes[0]!), Math.max(...longitudes[0]!)]).toEqual([170, 180]);
  expect([Math.min(...longitudes[1]!), Math.max(...longitudes[1]!)]).toEqual([-180, -170]);
});

it("leaves other rings alone", () => {
  const ring = [[10, 50], [12, 50], [12, 52], [10, 50]];
  expect(cutRing(ring)).toEqual([ring]);
});

it("projects there and back", () => {
  for (const place of [[0, 0], [13.4, 52.5], [-122.4, 37.8], [151.2, -33.9], [179, 80]] as [number, number][]) {
    const [longitude, latitude] = unproject(project(place));
    expect(longitude).toBeCloseTo(place[0], 5);
    expect(latitude).toBeCloseTo(place[1], 5);
  }
});
