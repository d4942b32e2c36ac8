import type { UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from 'react-aria-components/Modal';
import { Problem } from './problem.tsx';

interface ConfirmProps {
  /** Text of the button that opens the question. */
  label: string;
  /** Name of what it is about, for screen readers: the button stands in each row of a list. */
  of?: string;
  question: string;
  /** What happens then. */
  text: string;
  change: Pick<UseMutationResult<unknown, Error, void>, 'mutate' | 'error' | 'isPending' | 'reset'>;
  /** Called after a success. */
  onDone?: () => void;
}

/** A button for what cannot be taken back: it asks first, and stays open with the reason where it was refused. */
export function Confirm({ label, of, question, text, change, onDone }: ConfirmProps) {
  const [isOpen, setOpen] = useState(false);
  const open = (isNowOpen: boolean): void => {
    change.reset();
    setOpen(isNowOpen);
  };
  const confirm = (): void =>
    change.mutate(undefined, {
      onSuccess: () => {
        setOpen(false);
        onDone?.();
      },
    });
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={open}>
      <Button aria-label={of === undefined ? label : `${label}: ${of}`}>{label}</Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal>
          <Dialog role="alertdialog" className="dialog">
            <Heading slot="title">{question}</Heading>
            <p>{text}</p>
            <Problem error={change.error} />
            <div className="actions">
              <Button className="main" isPending={change.isPending} onPress={confirm}>
                {label}
              </Button>
              <Button onPress={() => open(false)} autoFocus>
                Cancel
              </Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
