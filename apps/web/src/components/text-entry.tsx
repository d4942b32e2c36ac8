import {
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField,
  type TextFieldProps,
} from 'react-aria-components/TextField';

interface TextEntryProps
  extends Pick<TextFieldProps, 'type' | 'autoComplete' | 'defaultValue' | 'inputMode'> {
  name: string;
  label: string;
  hint?: string;
  isLong?: boolean;
}

/** A field for a text, with its label, a hint, and what is wrong with the value. */
export function TextEntry({ label, hint, isLong = false, ...field }: TextEntryProps) {
  return (
    <TextField {...field} className="field">
      <Label>{label}</Label>
      {isLong ? <TextArea rows={3} /> : <Input />}
      {hint !== undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-problem" />
    </TextField>
  );
}
