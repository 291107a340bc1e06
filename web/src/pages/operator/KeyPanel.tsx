import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { FieldError } from "react-aria-components/FieldError";
import { Form } from "react-aria-components/Form";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField } from "react-aria-components/TextField";
import { keepApiKey } from "../../client/account";
import { texts } from "../../i18n";
import type { Refusal } from "./source";

/** Who may see the page, and the way in: a platform key, for this tab. */
export function KeyPanel({ refusal }: { refusal: Refusal }) {
  const t = texts("operator");
  const [key, setKey] = useState("");
  const [error, setError] = useState<string | null>(refusal === "wrong" ? t("access.refused") : null);
  const field = useRef<HTMLInputElement>(null);
  // A key that was just refused is typed again: the field is where the person is.
  useEffect(() => {
    if (refusal === "wrong") field.current?.focus();
  }, [refusal]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const typed = key.trim();
    if (typed !== "") return keepApiKey(typed);
    setError(t("access.empty"));
    field.current?.focus();
  };
  return (
    <section className="card access" aria-labelledby="access" data-testid="access" data-refusal={refusal}>
      <h2 id="access">{t(`access.${refusal}.title`)}</h2>
      <p>{t(`access.${refusal}.text`)}</p>
      <Form onSubmit={submit} validationBehavior="aria">
        <TextField
          className="field"
          type="password"
          name="key"
          autoComplete="off"
          value={key}
          isInvalid={error !== null}
          onChange={(next) => {
            setKey(next);
            setError(null);
          }}
        >
          <Label>{t("access.field")}</Label>
          <Input ref={field} data-testid="key" />
          <Text slot="description" className="quiet">
            {t("access.hint")}
          </Text>
          <FieldError className="field-error" data-testid="key-error">
            {error}
          </FieldError>
        </TextField>
        <Button type="submit" className="button primary" data-testid="use-key">
          {t("access.submit")}
        </Button>
      </Form>
    </section>
  );
}
