import { lazy, Suspense } from 'react';
import { Loading } from '../layout/page.tsx';
import type { JsonEditorProps } from './json-editor.tsx';

const Editor = lazy(() => import('./json-editor.tsx').then(({ JsonEditor }) => ({ default: JsonEditor })));

/** The editor of JSON, which is fetched when it is first needed. */
export function LazyJsonEditor(props: JsonEditorProps) {
  return (
    <Suspense fallback={<Loading what="Loading the editor" />}>
      <Editor {...props} />
    </Suspense>
  );
}
