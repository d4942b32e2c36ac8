import { Component, type ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';

/**
 * Shows in the place of a page that its program failed: it could not be loaded, because the connection is lost or a new version has
 * replaced it, or it threw. Without it React would leave nothing at all on the screen.
 */
export class FailureBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <>
        <title>Not shown</title>
        <h1>This page is not shown</h1>
        <p role="alert" className="problem">
          Its program could not be loaded or has failed. Check the connection, then load it again: a new
          version may have been published meanwhile.
        </p>
        <Button className="main" onPress={() => location.reload()}>
          Load again
        </Button>
      </>
    );
  }
}
