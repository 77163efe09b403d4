// A component that is drawn again only when what it gets has changed.

import { Component, type ComponentChildren, type FunctionComponent, h } from "preact";

export function memoized<P extends object>(same: (one: P, other: P) => boolean, draw: (props: P) => ComponentChildren) {
  const Inner = draw as FunctionComponent<P>;
  return class Memoized extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return !same(this.props, next);
    }

    override render(props: P): ComponentChildren {
      return h(Inner as FunctionComponent<object>, props);
    }
  };
}
