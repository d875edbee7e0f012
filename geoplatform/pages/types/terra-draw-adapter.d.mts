// The copied library has the types of the package that it was copied from.
export * from "terra-draw-maplibre-gl-adapter";
