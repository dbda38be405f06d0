import type { Feature, Position } from "geojson";

type Ring = Position[];

/** The part of a ring on one side of a meridian (Sutherland and Hodgman's way, one edge). */
function clip(ring: Ring, at: number, keepBelow: boolean): Ring {
  const inside = (point: Position) => (keepBelow ? point[0]! <= at : point[0]! >= at);
  const out: Ring = [];
  ring.forEach((point, index) => {
    const before = ring[(index + ring.length - 1) % ring.length]!;
    if (inside(point) !== inside(before)) {
      const share = (at - before[0]!) / (point[0]! - before[0]!);
      out.push([at, before[1]! + share * (point[1]! - before[1]!)]);
    }
    if (inside(point)) out.push(point);
  });
  return out;
}

/** A ring that crosses the date line, cut into its eastern and western parts; any other ring as it is. */
export function cutRing(ring: Ring): Ring[] {
  let turn = 0;
  const whole: Ring = ring.map((point, index) => {
    const step = index ? point[0]! - ring[index - 1]![0]! : 0;
    if (step > 180) turn -= 360;
    if (step < -180) turn += 360;
    return [point[0]! + turn, point[1]!];
  });
  const [low, high] = [Math.min(...whole.map((point) => point[0]!)), Math.max(...whole.map((point) => point[0]!))];
  if (low >= -180 && high <= 180) return [ring];
  const edge = high > 180 ? 180 : -180;
  const shifted = whole.map((point): Position => [point[0]! - Math.sign(edge) * 360, point[1]!]);
  return [clip(whole, edge, edge > 0), clip(shifted, -edge, edge < 0)].filter((part) => part.length > 2).map((part) => [...part, part[0]!]);
}

/** Countries on both sides of the date line would otherwise be drawn as a band across the map. */
export function cutFeature(country: Feature): void {
  const shape = country.geometry;
  if (shape.type === "Polygon") {
    const parts = cutRing(shape.coordinates[0]!);
    if (parts.length > 1) country.geometry = { type: "MultiPolygon", coordinates: parts.map((part) => [part]) };
  } else if (shape.type === "MultiPolygon") {
    shape.coordinates = shape.coordinates.flatMap((polygon) => {
      const parts = cutRing(polygon[0]!);
      return parts.length > 1 ? parts.map((part) => [part]) : [polygon];
    });
  }
}
