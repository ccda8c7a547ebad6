import { useTitle } from "../../ui/kit";

export function NotFoundPage() {
  useTitle("Not found · Tidegate");
  return (
    <div class="empty">
      <h1>Nothing is at this address</h1>
      <p>It may have been mistyped, or what was here is gone.</p>
      <a class="button" href="/">
        To the front page
      </a>
    </div>
  );
}
