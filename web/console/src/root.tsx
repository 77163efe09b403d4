// Which page is shown: sign-in, invitation, or the desk; in which language and which light.

import { type ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { type App, AppProvider } from "./app";
import { useCell } from "./cell";
import { Invitation } from "./invitation";
import { Shell } from "./shell";
import { SignIn } from "./sign_in";
import { t } from "./text";
import { ToastStack } from "./toast_stack";

export function Root({ app }: { app: App }) {
  const language = useCell(app.language);
  const { theme } = useCell(app.prefs.cell);
  useLayoutEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset["theme"] = theme;
  }, [language, theme]);
  return (
    <AppProvider value={app}>
      <Page key={language} app={app} />
      <ToastStack app={app} />
    </AppProvider>
  );
}

function Page({ app }: { app: App }): ComponentChildren {
  const session = useCell(app.session);
  const route = useCell(app.address.route);
  if (session.state === "loading") return <main class="splash" aria-busy="true" aria-label={t.loading} />;
  if (session.state === "in") return <Shell />;
  return route.page === "invitation" ? <Invitation token={route.token} /> : <SignIn />;
}
