/** A chart whose library comes when the first one is drawn; until then there is its shape. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ChartProps } from "./chart-types";
import { Skeleton } from "./kit";

let loaded: ComponentType<ChartProps> | undefined;

export function LazyChart(props: ChartProps) {
  const [Chart, setChart] = useState<ComponentType<ChartProps> | undefined>(() => loaded);
  useEffect(() => {
    if (Chart) return;
    let wanted = true;
    void import("./chart").then((module) => {
      loaded = module.default;
      if (wanted) setChart(() => module.default);
    });
    return () => {
      wanted = false;
    };
  }, [Chart]);
  return Chart ? <Chart {...props} /> : <Skeleton height={`${(props.height ?? 200) + 52}px`} />;
}
