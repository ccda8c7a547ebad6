import { useRoute } from "preact-iso";
import { WatchPage } from "./watch-page";

export default function WatchRoute() {
  const { params } = useRoute();
  const channel = params.channel ?? "";
  return <WatchPage key={channel} channel={channel} />;
}
