import { NavLink } from 'react-router';

/** Links between the pages of a section. `to` is relative to the section. */
export function SectionLinks({
  label,
  links,
}: {
  label: string;
  links: readonly { to: string; text: string }[];
}) {
  return (
    <nav aria-label={label} className="section">
      <ul>
        {links.map(({ to, text }) => (
          <li key={to}>
            <NavLink to={to} end={to === '.'}>
              {text}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
