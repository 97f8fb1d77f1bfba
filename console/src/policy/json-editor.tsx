import { autocompletion, type CompletionSource, closeBrackets } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';

/** A fault at a place of a text; lines and columns count from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface JsonEditorProps {
  readonly value: string;
  readonly onChange?: (value: string) => void;
  readonly ariaLabel: string;
  readonly faults?: readonly Fault[];
  readonly complete?: CompletionSource;
  readonly readOnly?: boolean;
}

const theme = EditorView.theme({
  '&': {
    backgroundColor: 'var(--qkms-editor-background)',
    border: '1px solid var(--qkms-editor-border)',
    borderRadius: '8px',
    fontSize: '12px',
    maxHeight: '560px',
  },
  '&.cm-focused': { outline: '2px solid var(--qkms-editor-name)', outlineOffset: '1px' },
  '.cm-scroller': {
    fontFamily: 'Monaco, Menlo, Consolas, "Courier Prime", Courier, "Courier New", monospace',
    lineHeight: '18px',
    overflow: 'auto',
    borderRadius: '8px',
  },
  '.cm-content': { caretColor: 'currentColor', minHeight: '120px', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'currentColor' },
  '.cm-gutters': {
    backgroundColor: 'var(--qkms-editor-background)',
    color: 'var(--qkms-editor-gutter)',
    border: 'none',
  },
  '.cm-activeLine': { backgroundColor: 'var(--qkms-editor-line)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--qkms-editor-selection)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--qkms-editor-background)',
    color: 'inherit',
    border: '1px solid var(--qkms-editor-border)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--qkms-editor-selection)',
    color: 'inherit',
  },
  '.cm-diagnostic': { maxWidth: '60ch', overflowWrap: 'anywhere' },
});

const highlighting = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: 'var(--qkms-editor-name)' },
    { tag: tags.string, color: 'var(--qkms-editor-text)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--qkms-editor-value)' },
  ]),
);

/**
 * Edits JSON. The editor lives in a shadow root: there its style sheets are constructed ones, where a page's would be inline
 * styles, which the Content-Security-Policy forbids.
 */
export function JsonEditor({
  value,
  onChange,
  ariaLabel,
  faults = [],
  complete,
  readOnly = false,
}: JsonEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  changed.current = onChange;
  const first = useRef(value);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          json(),
          highlighting,
          theme,
          EditorView.lineWrapping,
          keymap.of([...defaultKeymap, ...historyKeymap]),
          completion.of([]),
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ 'aria-label': ariaLabel }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = undefined;
      editor.destroy();
    };
  }, [ariaLabel, readOnly]);

  useEffect(() => {
    const effects = completion.reconfigure(
      complete === undefined ? [] : autocompletion({ override: [complete] }),
    );
    view.current?.dispatch({ effects });
  }, [complete]);

  useEffect(() => {
    first.current = value;
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    editor.dispatch(
      setDiagnostics(
        editor.state,
        faults.map((fault) => diagnosticOf(editor.state, fault)),
      ),
    );
  }, [faults]);

  return <div ref={host} className="json-editor" />;
}

const completion = new Compartment();

function diagnosticOf({ doc }: EditorState, { line, column, message }: Fault): Diagnostic {
  const place = doc.line(Math.min(Math.max(1, line), doc.lines));
  const from = Math.min(place.from + Math.max(0, column - 1), place.to);
  return { from, to: Math.min(from + 1, doc.length), severity: 'error', message };
}
