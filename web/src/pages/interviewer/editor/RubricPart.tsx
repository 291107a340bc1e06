import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components/Menu";
import { texts } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import { TextBox } from "../fields";
import { type Editing, focusSoon, setQuestion } from "./editing";
import {
  BOUNDS,
  type CriterionForm,
  type LevelForm,
  type QuestionForm,
  changed,
  fieldId,
  newCriterion,
  newKey,
  renumbered,
  without,
} from "./form";

/** Criteria to begin with; their words are texts like all others. */
const TEMPLATES = ["ownPart", "example", "reasons", "outcome"] as const;
type Template = (typeof TEMPLATES)[number];

interface RubricPartProps {
  editing: Editing;
  question: QuestionForm;
  onSaid: (text: string) => void;
}

/** What an answer is judged by: criteria with anchored levels. */
export function RubricPart({ editing, question, onSaid }: RubricPartProps) {
  const t = texts("interviewer");
  const here = `/questions/${question.key}`;
  const change = (rubric: CriterionForm[], at = ""): void => setQuestion(editing, question.key, { rubric }, at);
  const add = (template: Template | "empty"): void => {
    const criterion = template === "empty" ? newCriterion() : ofTemplate(template);
    change([...question.rubric, criterion], `${here}/rubric`);
    onSaid(t("editor.rubric.added"));
    focusSoon(fieldId(`${here}/rubric/${criterion.key}/name`));
  };
  const problem = editing.problems.get(`${here}/rubric`);
  return (
    <div className="rubric">
      <h5>{t("editor.rubric.title")}</h5>
      <p className="quiet">{t("editor.rubric.intro")}</p>
      {problem !== undefined && <p className="field-error">{problem}</p>}
      {question.rubric.map((criterion, at) => (
        <Criterion
          key={criterion.key}
          editing={editing}
          place={`${here}/rubric/${criterion.key}`}
          criterion={criterion}
          number={at + 1}
          onChange={(fields, place) => change(changed(question.rubric, criterion.key, fields), place)}
          onRemove={() => {
            change(without(question.rubric, criterion.key));
            onSaid(t("editor.rubric.removed"));
            focusSoon(`${fieldId(here)}-add-criterion`);
          }}
        />
      ))}
      <MenuTrigger>
        <Button
          className="button small"
          id={`${fieldId(here)}-add-criterion`}
          isDisabled={question.rubric.length >= BOUNDS.criteria}
          data-testid="add-criterion"
        >
          <Icon name="plus" /> {t("editor.rubric.add")} <Icon name="down" />
        </Button>
        <Popover className="popover">
          <Menu className="options" onAction={(key) => add(key as Template | "empty")}>
            <MenuItem id="empty" className="option" data-testid="criterion-empty">
              {t("editor.rubric.empty")}
            </MenuItem>
            {TEMPLATES.map((template) => (
              <MenuItem key={template} id={template} className="option" data-testid={`criterion-${template}`}>
                {t("editor.rubric.fromTemplate", { name: t(`templates.${template}.name`) })}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
    </div>
  );
}

function ofTemplate(template: Template): CriterionForm {
  const t = texts("interviewer");
  const anchors = [
    t(`templates.${template}.level1`),
    t(`templates.${template}.level2`),
    t(`templates.${template}.level3`),
    t(`templates.${template}.level4`),
  ];
  const description = t(`templates.${template}.description`);
  return { ...newCriterion(t(`templates.${template}.name`), anchors), description };
}

interface CriterionProps {
  editing: Editing;
  place: string;
  criterion: CriterionForm;
  number: number;
  onChange: (fields: Partial<CriterionForm>, place: string) => void;
  onRemove: () => void;
}

function Criterion({ editing, place, criterion, number, onChange, onRemove }: CriterionProps) {
  const t = texts("interviewer");
  const { problems } = editing;
  return (
    <fieldset className="criterion" data-testid="criterion">
      <legend>{t("editor.rubric.number", { number })}</legend>
      <div className="with-button">
        <TextBox
          label={t("editor.rubric.name")}
          value={criterion.name}
          onChange={(name) => onChange({ name }, `${place}/name`)}
          error={problems.get(`${place}/name`)}
          id={fieldId(`${place}/name`)}
          maxLength={BOUNDS.nameChars}
          isRequired
          testId="criterion-name"
        />
        <Button
          className="button small"
          onPress={onRemove}
          aria-label={t("editor.rubric.remove", { name: criterion.name || number })}
          data-testid="criterion-remove"
        >
          <Icon name="trash" />
        </Button>
      </div>
      <TextBox
        label={t("editor.rubric.description")}
        value={criterion.description}
        onChange={(description) => onChange({ description }, `${place}/description`)}
        error={problems.get(`${place}/description`)}
        id={fieldId(`${place}/description`)}
        maxLength={BOUNDS.textChars}
        testId="criterion-description"
      />
      <Levels
        editing={editing}
        place={place}
        levels={criterion.levels}
        onChange={(levels, at) => onChange({ levels }, at)}
      />
    </fieldset>
  );
}

interface LevelsProps {
  editing: Editing;
  place: string;
  levels: LevelForm[];
  onChange: (levels: LevelForm[], place: string) => void;
}

function Levels({ editing, place, levels, onChange }: LevelsProps) {
  const t = texts("interviewer");
  const { problems } = editing;
  const listProblem = problems.get(`${place}/levels`);
  const add = (): void => {
    const level = { key: newKey(), level: (levels.at(-1)?.level ?? 0) + 1, anchor: "" };
    onChange([...levels, level], `${place}/levels`);
    focusSoon(fieldId(`${place}/levels/${level.key}`));
  };
  return (
    <div className="levels">
      <p className="quiet">{t("editor.rubric.levelsHint")}</p>
      {listProblem !== undefined && <p className="field-error">{listProblem}</p>}
      {levels.map((level) => {
        const at = `${place}/levels/${level.key}`;
        return (
          <div key={level.key} className="with-button">
            <TextBox
              label={t("editor.rubric.level", { level: level.level })}
              value={level.anchor}
              onChange={(anchor) => onChange(changed(levels, level.key, { anchor }), at)}
              error={problems.get(at)}
              id={fieldId(at)}
              maxLength={BOUNDS.textChars}
              isRequired
              testId="level-anchor"
            />
            <Button
              className="button small"
              isDisabled={levels.length <= BOUNDS.levelsMin}
              aria-label={t("editor.rubric.removeLevel", { level: level.level })}
              onPress={() => {
                onChange(renumbered(without(levels, level.key)), `${place}/levels`);
                focusSoon(`${fieldId(place)}-add-level`);
              }}
            >
              <Icon name="trash" />
            </Button>
          </div>
        );
      })}
      <Button
        className="button small"
        id={`${fieldId(place)}-add-level`}
        isDisabled={levels.length >= BOUNDS.levelsMax}
        onPress={add}
      >
        <Icon name="plus" /> {t("editor.rubric.addLevel")}
      </Button>
    </div>
  );
}
