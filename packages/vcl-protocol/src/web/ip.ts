/** 4 or 6 for a numeric address of that version of IP, else 0, as `node:net` has it. */
export function isIP(text: string): number {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text.split('.').every(isByte) ? 4 : 0;
  return isIpv6(text) ? 6 : 0;
}

function isByte(digits: string): boolean {
  return Number(digits) <= 255 && (digits === '0' || !digits.startsWith('0'));
}

function isIpv6(text: string): boolean {
  const [, digits] = /^([0-9a-f:.]*:[0-9a-f:.]*)(?:%[^\s/%\]]+)?$/i.exec(text) ?? [];
  return digits !== undefined && URL.canParse(`http://[${digits}]/`);
}
